"""The report of a run: one HTML file with charts and tables, nothing fetched.

Here live the page's text, style and script, the vendored chart library with its licence, and what puts data into them.
No figure is computed here that the summary states; nothing here reads a run's folder.
"""

from atlas.analytics.report.content import Assumption, IndicatorLine, Remark, ReportContent
from atlas.analytics.report.page import report_html, write_report

__all__ = ["Assumption", "IndicatorLine", "Remark", "ReportContent", "report_html", "write_report"]
