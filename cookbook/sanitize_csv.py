"""A table sanitised before anything is learned from it: as a file, then as a data set of a training job."""

from __future__ import annotations

import csv
import tempfile
from pathlib import Path

from bartizan import Guard, TrainingJob
from bartizan.data import RowError, sanitize_file

POLICY = {
    "guard": {"plugins": ["redaction"]},
    "plugins": {"redaction": {"actions": {"CREDIT_CARD": "block"}}},
}
TICKETS = """\
id,customer,body
1,jane@example.com,"Where is my order, please?
It was promised for Monday."
2,omar@example.org,"Refund my card 4111 1111 1111 1111, thanks"
3,lee@example.com,Write to lee@example.com or call +44 20 7946 0018
"""


def main() -> None:
    """Sanitise a file, count what was found, meet a malformed row, then give the rows to `on_train`."""
    guard = Guard.from_dict(POLICY)
    with tempfile.TemporaryDirectory() as folder:
        raw, clean = Path(folder, "tickets.csv"), Path(folder, "tickets.clean.csv")
        raw.write_text(TICKETS, "utf-8")
        report = sanitize_file(raw, clean, guard)
        print(clean.read_text("utf-8"))
        for column, found in report.findings.items():
            print(f"{column}: {found}")
        print(f"withheld whole, for the policy blocks what was in it: {report.withheld}")

        raw.write_text(f"{TICKETS}4,too,many,fields\n", "utf-8")
        try:
            sanitize_file(raw, clean, guard, force=True)
        except RowError as error:
            print(f"a malformed row stops it: row {error.row}")
        report = sanitize_file(raw, clean, guard, force=True, on_bad_row="skip")
        print(f"or is left out and counted: {report.bad_rows} of {report.rows + report.bad_rows}")

    rows = list(csv.DictReader(TICKETS.splitlines(keepends=True)))
    job = guard.on_train(TrainingJob(rows, text_columns=["body"], dataset_id="tickets", purpose="triage"))
    print(f"a training job gets: {job.dataset[2]['body']!r}")
    print(f"and says what was done: {job.decisions['sanitize']['findings']}")
    print("pandas, pyarrow and Hugging Face data sets are taken as they are: pip install 'bartizan[data]'")


if __name__ == "__main__":
    main()
