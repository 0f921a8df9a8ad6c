ALTER TABLE orders ADD COLUMN packed_at TEXT;
