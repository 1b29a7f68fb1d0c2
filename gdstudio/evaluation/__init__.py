"""From a model's predictions to scores and curves; plain arrays in, plain arrays out."""
