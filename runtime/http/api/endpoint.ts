import type { z } from 'zod';
import type { ApiScope } from '../../core/api-scope';

/** One answer of an endpoint that is no problem. */
export interface AnswerDescription {
  readonly description: string;
  /** Of JSON; absent where there is no body, or one of another kind. */
  readonly schema?: z.ZodType;
  /** Of a body that is no JSON. */
  readonly contentType?: string;
  /** Of what a stream is made of. */
  readonly item?: z.ZodType;
}

/** What a problem may be: its statuses besides those that every endpoint has (400, 401, 403, 429, 500). */
export type ProblemStatus = 404 | 409 | 413 | 415 | 416 | 422 | 503;

/** All that there is to say of an endpoint: its route, its checks and its description are made of this. */
export interface EndpointDescription {
  readonly method: 'get' | 'post' | 'patch' | 'delete';
  /** As OpenAPI writes it: `/v1/calls/{id}`. */
  readonly path: `/${string}`;
  /** What a key must allow; `none` needs no key. */
  readonly scope: ApiScope | 'none';
  readonly group: string;
  readonly summary: string;
  readonly description?: string;
  readonly params?: z.ZodObject;
  readonly query?: z.ZodObject;
  readonly body?: z.ZodType;
  /** A body that is accepted, and an answer to it. */
  readonly example?: { readonly body?: unknown; readonly answer?: unknown };
  readonly answers: Readonly<Record<number, AnswerDescription>>;
  readonly problems?: readonly ProblemStatus[];
  /** Whether Idempotency-Key is honoured. */
  readonly idempotent?: true;
}

/** Keeps the literal types of an endpoint. */
export function endpoint<const E extends EndpointDescription>(description: E): E {
  return description;
}

type SchemaOf<E, K extends string> = E extends { readonly [key in K]: infer S } ? S : undefined;
type Read<S> = S extends z.ZodType ? z.output<S> : undefined;
type Written<S> = S extends z.ZodType ? z.input<S> : undefined;

/** What was read and checked of a request. */
export type ParamsOf<E> = Read<SchemaOf<E, 'params'>>;
export type QueryOf<E> = Read<SchemaOf<E, 'query'>>;
export type BodyOf<E> = Read<SchemaOf<E, 'body'>>;

/** What a client writes. */
export type SentQuery<E> = Written<SchemaOf<E, 'query'>>;
export type SentBody<E> = Written<SchemaOf<E, 'body'>>;

/** The body of an endpoint's answer, whichever status it has. */
export type AnswerOf<E> = E extends { readonly answers: infer A }
  ? { [S in keyof A]: Read<SchemaOf<A[S], 'schema'>> }[keyof A]
  : never;

/** An answer as it is given. */
export type GivenAnswer<E> = E extends { readonly answers: infer A }
  ? {
      [S in keyof A]: {
        readonly status: S;
        readonly headers?: Readonly<Record<string, string>>;
      } & (SchemaOf<A[S], 'schema'> extends z.ZodType
        ? { readonly body: Written<SchemaOf<A[S], 'schema'>> }
        : { readonly body?: never });
    }[keyof A]
  : never;
