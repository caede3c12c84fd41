"""Pages for people: the preview of a post, and the report of what went where. Plain HTML in a folder, without scripts.

`preview.write_preview` and `report.write_report` write them; everything they show is escaped, and pictures lie beside
the page, so that a folder can be sent on as it is.
"""
