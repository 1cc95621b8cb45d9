import type { z } from 'zod';
import type * as Api from '../http/api/endpoint';
import type { Endpoints, OperationId } from '../http/api/endpoints';
import type { problem } from '../http/api/schemas';

/** What an operation is sent: its body. */
export type Body<Id extends OperationId> = Api.SentBody<Endpoints[Id]>;
/** What a list is narrowed by. */
export type Query<Id extends OperationId> = NonNullable<Api.SentQuery<Endpoints[Id]>>;
/** What an operation answers. */
export type Answer<Id extends OperationId> = Api.AnswerOf<Endpoints[Id]>;

export type AnswerOf<Id extends OperationId | 'problem'> = Id extends OperationId
  ? Answer<Id>
  : z.output<typeof problem>;
