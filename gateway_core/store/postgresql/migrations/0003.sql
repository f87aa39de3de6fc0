-- Nothing reads objects by their owner alone, and each write paid for the index.

DROP INDEX object_owner;
