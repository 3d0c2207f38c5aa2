"""Where events and alerts go beside the log: stdlib logging, OpenTelemetry, Prometheus, a webhook. None of them can refuse a call.

No sink is given a principal's or a session's id: `who` is a keyed hash, as `bartizan audit tail --json` shows it beside the records.
"""
