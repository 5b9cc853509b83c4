"""The table of jurisdictions: province, cities, counties and police stations, loaded from the catalog."""

from django.db import models


class Jurisdiction(models.Model):
    """A place with its GB/T 2260 code (stations: county code and three digits) and its path from the province."""

    code = models.CharField(max_length=12, primary_key=True)
    tier = models.CharField(max_length=10)
    parent = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="children")
    path = models.CharField(max_length=64, db_index=True)
    name_zh = models.CharField(max_length=64)
    name_en = models.CharField(max_length=96)

    def name(self, language: str) -> str:
        """The place's own name in Chinese or English."""
        return self.name_zh if language.startswith("zh") else self.name_en
