"""Case bundles: everything of some cases that another installation needs, in one document."""
