"""Reading the stock: figures and lists for pages and commands, by what they are about. Nothing is written here."""
