import type { EventsConfig, EventsSettings, SubscriberConfig } from '../core/events-config';

type Environment = Readonly<Record<string, string | undefined>>;

/** Undefined where events are not configured. */
export function resolveEvents(
  events: EventsConfig | undefined,
  environment: Environment,
): EventsSettings | undefined {
  if (events === undefined) return undefined;
  const { subscribers = [], retention = 7 * 86_400_000 } = events;
  return {
    subscribers: subscribers.map((subscriber) => resolveSubscriber(subscriber, environment)),
    retention,
  };
}

/** What is wrong between the settings, a line each. */
export function eventsProblems({ subscribers = [] }: Partial<EventsSettings> = {}): string[] {
  return subscribers.flatMap(({ name, missing }, index) => {
    const place = `events.subscribers[${index}]`;
    const twice = subscribers.findIndex((other) => other.name === name) < index;
    return [
      ...missing.map(
        (variable) => `${place}.headers: ${variable} is not set in the environment: set it`,
      ),
      ...(twice ? [`${place}.name: there is a subscriber "${name}" already: give it a name`] : []),
    ];
  });
}

function resolveSubscriber(
  { url, name, types, states = false, headers = {} }: SubscriberConfig,
  environment: Environment,
): EventsSettings['subscribers'][number] {
  const given = Object.entries(headers);
  const read = (value: string | { readonly env: string }): string | undefined =>
    typeof value === 'string' ? value : environment[value.env];
  return {
    ...{ name: name ?? shownUrl(url), url, types, states },
    headers: Object.fromEntries(given.map(([key, value]) => [key, read(value) ?? ''])),
    missing: given.flatMap(([, value]) =>
      typeof value !== 'string' && read(value) === undefined ? value.env : [],
    ),
  };
}

/** Without what may be secret. */
function shownUrl(text: string): string {
  const { origin, pathname } = new URL(text);
  return origin + pathname;
}
