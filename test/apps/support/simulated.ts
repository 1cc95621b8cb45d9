import type { Express } from 'express';
import { documentFlow } from '../../../runtime';
import { simulate, type SimulatedCall, type SimulateOptions } from '../../../runtime/testing';
import { AskedList } from './asked';
import { askApp } from './in-process';

export interface SimulatedApp {
  readonly call: SimulatedCall;
  /** What the app was asked, in order. */
  readonly asked: AskedList;
}

/** A call that an app answers at `/voice`, in virtual time. */
export async function simulateApp(
  app: Express,
  options: Omit<SimulateOptions, 'web'> = {},
): Promise<SimulatedApp> {
  const list = new AskedList();
  const call = await simulate(documentFlow, {
    input: { url: 'https://app.example/voice' },
    prompts: false,
    ...options,
    web: (question) => {
      const { method, url, body } = question;
      const form = method === 'GET' ? new URL(url).searchParams : new URLSearchParams(body);
      list.add(method, url, Object.fromEntries(form));
      return askApp(app, question);
    },
  });
  return { call, asked: list };
}
