"""What happens to every request, outermost first: health, database gone, shop, …, language, refusal."""
