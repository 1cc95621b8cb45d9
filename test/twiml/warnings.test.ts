import type { CallDocument } from '../../runtime/document/verbs';
import { parseTwiml } from '../../runtime/twiml/dialect';

function parse(inside: string): CallDocument {
  const document = parseTwiml(`<Response>${inside}</Response>`);
  if ('problem' in document) throw new Error(document.problem);
  return document;
}

describe('what is wrong', () => {
  it.each<[string, string[], string[]]>([
    ['<Saay>x</Saay>', [], ['<Saay> is unknown: it is skipped. Did you mean <Say>?']],
    ['<say>x</say>', [], ['<say> is unknown: it is skipped. Did you mean <Say>?']],
    ['<Number>1</Number>', [], ['<Number> may not stand within <Response>: it is skipped.']],
    [
      '<Say voise="x">x</Say>',
      ['play'],
      ["'voise' of <Say> is unknown: it is ignored. Did you mean 'voice'?"],
    ],
    [
      '<Say loop="two">x</Say>',
      ['play'],
      ["'loop' of <Say> must be a whole number of 0 or more, not 'two': it is '1' now."],
    ],
    [
      '<Say voice="Bob">x</Say>',
      ['play'],
      ["The voice 'Bob' of <Say> is unknown: the one that is configured speaks."],
    ],
    [
      '<Say language="!">x</Say>',
      ['play'],
      ["'language' of <Say> must be a tag such as en-US, not '!': that of the call is spoken."],
    ],
    ['<Say> </Say>', [], ['<Say> has no text: it is skipped.']],
    ['<Play/>', [], ["<Play> must have a URL, not '': it is skipped."]],
    [
      '<Play>file:///etc/passwd</Play>',
      [],
      [
        "<Play> must have a URL of http or https, or a relative one, not 'file:///etc/passwd': it is skipped.",
      ],
    ],
    [
      '<Play digits="5x"/>',
      [],
      ["'digits' of <Play> must be of 0 to 9, *, #, A to D, w and W: it is skipped."],
    ],
    [
      '<Pause length="0"/>',
      ['pause'],
      ["'length' of <Pause> must be a whole number of 1 or more, not '0': it is '1' now."],
    ],
    [
      '<Gather method="PUT"/>',
      ['gather'],
      ["'method' of <Gather> must be GET or POST, not 'PUT': it is 'POST' now."],
    ],
    [
      '<Gather finishOnKey="x"/>',
      ['gather'],
      ["'finishOnKey' of <Gather> must be of 0 to 9, * and #, or empty, not 'x': it is '#' now."],
    ],
    [
      '<Gather input="voice"/>',
      ['gather'],
      ["'input' of <Gather> must be of dtmf, speech, not 'voice': it is 'dtmf' now."],
    ],
    [
      '<Gather bargeIn="yes"/>',
      ['gather'],
      ["'bargeIn' of <Gather> must be true or false, not 'yes': it is 'true' now."],
    ],
    [
      '<Gather action="mailto:a@b"/>',
      ['gather'],
      [
        "'action' of <Gather> must be a URL of http or https, or a relative one, not 'mailto:a@b': it is '' now.",
      ],
    ],
    [
      '<Gather><Dial>1</Dial></Gather>',
      ['gather'],
      ['<Dial> may not stand within <Gather>: it is skipped.'],
    ],
    [
      '<Gather><Play digits="1"/></Gather>',
      ['gather'],
      ['<Play> with digits is not available within another verb: it is skipped.'],
    ],
    ['<Dial/>', [], ['<Dial> has nobody to call: it is skipped.']],
    [
      '<Dial>ab</Dial>',
      [],
      [
        "<Dial> must have a number, not 'ab': it is skipped.",
        '<Dial> has nobody to call: it is skipped.',
      ],
    ],
    [
      '<Dial timeout="9999">1</Dial>',
      ['dial'],
      ["'timeout' of <Dial> may be 600 at most, not 9999: it is 600 now."],
    ],
    [
      '<Dial><Sip>http://x</Sip></Dial>',
      [],
      [
        "<Sip> must have a SIP URI, not 'http://x': it is skipped.",
        '<Dial> has nobody to call: it is skipped.',
      ],
    ],
    [
      '<Dial><Sip>sip:a@b?Route=x</Sip></Dial>',
      ['dial'],
      ["The header 'Route' may not be set: names begin with X-. It is left out."],
    ],
    [
      '<Dial><Sip>sip:a@b?X-A=1%0d%0aRoute:x</Sip></Dial>',
      ['dial'],
      ["The header 'X-A' may not be set: names begin with X-. It is left out."],
    ],
    [
      '<Dial><Sim>DE1</Sim></Dial>',
      [],
      [
        '<Dial> has nobody to call: it is skipped.',
        '<Sim> is not available here: it is skipped (no SIM cards here; use <Number>).',
      ],
    ],
    ['<Dial><Conference/></Dial>', [], ['<Conference> has no name: the <Dial> is skipped.']],
    ['<Enqueue/>', [], ['<Enqueue> has no name of a queue: it is skipped.']],
    ['<Refer/>', [], ["<Refer> must have a <Sip> with a SIP URI, not '': it is skipped."]],
    [
      '<Record transcribe="true"/>',
      ['record'],
      ["'transcribe' of <Record> has no effect here: use <Gather> with speech."],
    ],
    ['<Record transcribe="false"/>', ['record'], []],
    [
      '<Connect><Room>x</Room></Connect>',
      [],
      ['<Room> is not available here: it is skipped (no video here; use <Conference>).'],
    ],
    [
      '<Start><Siprec name="a"><Parameter name="x"/></Siprec></Start>',
      [],
      [
        '<Siprec> is not available here: it is skipped (no recording servers here; use <Recording> or <Stream>).',
      ],
    ],
    [
      '<Start><Stream url="https://a"/></Start>',
      [],
      ["'url' of <Stream> must be a URL of wss or ws, not 'https://a': it is skipped."],
    ],
    [
      '<Pay chargeAmount="1"/><Say>on</Say>',
      ['play'],
      ['<Pay> is not available here: it is skipped (no payments are taken here).'],
    ],
    [
      '<Sms to="1">x</Sms>',
      [],
      ['<Sms> is not available here: it is skipped (no messages are sent here).'],
    ],
    ['<Queue>support</Queue>', [], ['<Queue> is no verb here: put it into <Dial>. It is skipped.']],
    [
      '<Reject><Parameter name="a"/></Reject>',
      ['reject'],
      ['<Parameter> has no effect within <Reject> here.'],
    ],
    ['Hello', [], ['Text within <Response> is ignored: put it into <Say>.']],
  ])('is warned of in %s', (inside, expected, messages) => {
    const document = parse(inside);
    expect(document.verbs.map(({ verb }) => verb)).toEqual(expected);
    expect(document.warnings.map(({ message }) => message).sort()).toEqual([...messages].sort());
  });

  it('is told with line and column, in the order of the document', () => {
    const document = parseTwiml(
      '<?xml version="1.0"?>\n<Response>\n  <!-- <Foo/> -->\n  <Gather timeout="x"\n    nummDigits="1">\n    <Bar/>\n  </Gather>\n</Response>',
    );
    expect('warnings' in document ? document.warnings : []).toEqual([
      expect.objectContaining({ line: 4, column: 11 }),
      expect.objectContaining({ line: 5, column: 5 }),
      expect.objectContaining({ line: 6, column: 5 }),
    ]);
  });

  it.each([
    ['', 1, 1],
    ['Hello', 1, 5],
    ['<Response><Say>x</Response>', 1, 27],
    ['<Response><Say>Fish & chips</Say></Response>', 1, 44],
    ['<Response>\n<Say a="1" a="2"/></Response>', 2, 18],
    ['<html></html>', 1, 1],
    ['<response/>', 1, 1],
    ['<Response/><Response/>', 1, 21],
    ['{"verbs":[]}', 1, 12],
  ])('refuses %j as a whole', (text, line, column) => {
    expect(parseTwiml(text)).toEqual({ problem: expect.any(String) as string, line, column });
  });
});
