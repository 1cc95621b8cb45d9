import { z } from 'zod';
import { day, shape, textLike, whole } from './schema-parts';

const queue = shape({
  maxSize: whole(1, 100_000),
  timeout: whole(1_000, day, 'milliseconds'),
  serviceLevel: whole(1_000, day, 'milliseconds'),
});

/** Queues, by name. */
export const queues = z
  .record(
    textLike('a name of 1 to 200 characters', (name) => name.trim() !== '' && name.length <= 200),
    queue,
    { error: 'must be an object with a queue for each name' },
  )
  .optional();
