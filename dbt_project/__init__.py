"""The dbt project, installed as data."""
