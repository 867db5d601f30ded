"""The words that every room and the browser share: severities, topics, URIs, records, errors. No I/O."""
