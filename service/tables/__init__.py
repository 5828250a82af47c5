"""Tables as files: CSV and XLSX, read within limits and written so that no spreadsheet runs what is in a cell."""
