"""The mapping language: Twig 3 on JSON values. Stands alone: sees errors and types only."""
