/**
 * RFC 3665, its 16 flows: one of ours stands in the place of one party, and everybody else sends what the RFC says,
 * message for message. What we send is compared with the RFC's, header by header.
 *
 * Other than in the RFC: every hop is one of UDP, and sips is sip, because the simulated network carries datagrams;
 * digests are computed for the nonces that are really there; the slips of the RFC are mended
 * (`test/vectors/rfc3665/corrections.json`); and branches, tags, Call-IDs, Contacts and Record-Routes of ours stand in
 * place of the examples, in the peers' messages too.
 */
import { deviations, expectedAdditional, expectedDifferences } from './deviations';
import { readFlows, type Party } from './support/collection';
import { replay } from './support/replay';

const flows = readFlows();

const roles = flows.flatMap((flow) => {
  const senders = new Set(flow.messages.map(({ from }) => from));
  return [...senders].map((role) => ({ name: `${flow.section} ${role}`, flow, role }));
});

describe('the collection', () => {
  it('has all 16 flows of RFC 3665', () => {
    expect(flows.map(({ section }) => section)).toEqual([
      ...['2.1', '2.2', '2.3', '2.4', '2.5'],
      ...['3.1', '3.2', '3.3', '3.4', '3.5', '3.6', '3.7', '3.8', '3.9', '3.10', '3.11'],
    ]);
  });

  it('has the messages of each flow numbered without a gap', () => {
    for (const { messages } of flows) {
      expect(messages.map(({ id }) => id)).toEqual(messages.map((_, index) => `F${index + 1}`));
    }
  });
});

describe('we send what RFC 3665 shows, but for what is known to differ, in the place of', () => {
  it.each(roles)('$name', async ({ flow, role }: { flow: (typeof flows)[number]; role: Party }) => {
    const { sent, additional, problems } = await replay(flow, role);
    const { section } = flow;
    expect(sent.map(({ message }) => message.id)).toEqual(
      flow.messages.filter(({ from }) => from === role).map(({ id }) => id),
    );
    const found = sent.map(({ message, differences }) => [message.id, [...differences].sort()]);
    const expected = sent.map(({ message, made }) => [
      message.id,
      [...expectedDifferences({ section, role, message, made })].sort(),
    ]);
    expect(found).toEqual(expected);
    expect(additional).toEqual(expectedAdditional(flow, role));
    expect(problems).toEqual([]);
  });
});

describe('the table of deviations', () => {
  it('gives a reason for each', () => {
    for (const { reason } of deviations) expect(reason).not.toBe('');
  });

  it('has none that is nowhere', () => {
    const places = roles.flatMap(({ flow: { section, messages }, role }) =>
      messages
        .filter(({ from }) => from === role)
        .flatMap((message) => [true, false].map((made) => ({ section, role, message, made }))),
    );
    expect(deviations.filter(({ where }) => !places.some(where))).toEqual([]);
  });
});
