"""The generated pages of docs/, one module each. Each page is a function of the plugins of this repository."""
