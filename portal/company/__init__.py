"""The companies' door: Informer, Orienter, Conseiller, and a page for each company's employees."""
