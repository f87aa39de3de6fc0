-- Nothing reads objects by their owner alone, and each write paid for the index.

DROP INDEX object_owner;
DELETE FROM sqlite_stat1 WHERE idx = 'object_owner';
