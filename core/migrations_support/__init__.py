"""What moving a model to another app takes beyond Django's own operations (docs/moving-models.md).

`move_model` writes migrations out of these; each operation can also be written by hand. All of them act once per schema,
leave a schema alone where the app has no tables, and can be taken back.

| Module | What is in it |
|---|---|
| `names` | what Django and PostgreSQL would have called indexes, keys and sequences of a table |
| `locks` | tables taken without keeping others waiting |
| `content_types` | content type, permissions, grants, generic and history rows |
| `renaming` | the table's new name, the view under its old one |
| `copying` | a second table, kept in step with the first |
| `plan` | which migrations a move takes, and what speaks against it |
"""
