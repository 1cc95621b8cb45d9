import type { CallDocument, Verb } from '../../runtime/document/verbs';
import { parseTwiml, plainTextDialect, twimlDialect } from '../../runtime/twiml/dialect';

function parse(inside: string): CallDocument {
  const document = parseTwiml(`<Response>${inside}</Response>`);
  if ('problem' in document) throw new Error(document.problem);
  return document;
}

/** The verbs without their places. */
function verbs(inside: string): unknown[] {
  return parse(inside).verbs.map((verb: Verb) => {
    const { place, ...rest } = verb;
    expect(place.line).toBe(1);
    return rest;
  });
}

function inputOf(inside: string): unknown {
  const [verb] = parse(inside).verbs;
  return verb !== undefined && 'input' in verb ? verb.input : undefined;
}

const post = (url: string): unknown => ({ url, method: 'POST' });

describe('the verbs of TwiML', () => {
  it.each<[string, unknown[]]>([
    ['<Say>Hello</Say>', [{ verb: 'play', input: { prompt: { say: 'Hello' } } }]],
    [
      '<Say loop="3">\n  Fish &amp; <![CDATA[<chips>]]>\n  today </Say>',
      [{ verb: 'play', input: { prompt: { say: 'Fish & <chips> today' }, loop: 3 } }],
    ],
    ['<Say loop="0">x</Say>', [{ verb: 'play', input: { prompt: { say: 'x' }, loop: 0 } }]],
    ['<Play>/a.wav</Play>', [{ verb: 'play', input: { prompt: { url: '/a.wav' } } }]],
    [
      '<Play loop="0"> https://app.example/a%20b.mp3 </Play>',
      [{ verb: 'play', input: { prompt: { url: 'https://app.example/a%20b.mp3' }, loop: 0 } }],
    ],
    ['<Play digits="wW1#"/>', [{ verb: 'sendDigits', input: { digits: 'www1#' } }]],
    ['<Pause/>', [{ verb: 'pause', input: { duration: 1_000 } }]],
    ['<Pause length="20"/>', [{ verb: 'pause', input: { duration: 20_000 } }]],
    ['<Echo/>', [{ verb: 'echo', input: { finishOn: '' } }]],
    ['<Leave/>', [{ verb: 'leave' }]],
    ['<Reject/>', [{ verb: 'reject', input: { status: 404 } }]],
    ['<Reject reason="busy"/>', [{ verb: 'reject', input: { status: 486 } }]],
    ['<Redirect>/next</Redirect>', [{ verb: 'document', target: post('/next') }]],
    ['<Redirect/>', [{ verb: 'document', target: post('') }]],
    [
      '<Redirect method="get">../x?a=1&amp;b=2#rc=3</Redirect>',
      [{ verb: 'document', target: { url: '../x?a=1&b=2#rc=3', method: 'GET' } }],
    ],
    [
      '<Refer action="/r"><Sip>sip:alice@pbx.example</Sip></Refer>',
      [{ verb: 'transfer', input: { to: 'sip:alice@pbx.example' }, action: post('/r') }],
    ],
    [
      '<Enqueue action="/done" waitUrl="/wait" waitUrlMethod="GET" maxQueueSize="7">support</Enqueue>',
      [
        {
          verb: 'enqueue',
          queue: 'support',
          action: post('/done'),
          wait: { url: '/wait', method: 'GET' },
          maxSize: 7,
        },
      ],
    ],
  ])('has %s', (inside, expected) => {
    expect(verbs(inside)).toEqual(expected);
    expect(parse(inside).warnings).toEqual([]);
  });

  it('gathers keys as Twilio does when nothing is said', () => {
    expect(verbs('<Gather/>')).toEqual([
      {
        verb: 'gather',
        input: { finishOn: '#', firstDigitTimeout: 5_000, interDigitTimeout: 5_000 },
        action: post(''),
        reportsEmpty: false,
      },
    ]);
  });

  it('gathers keys with all that is said', () => {
    const inside =
      '<Gather numDigits="4" timeout="3" finishOnKey="" bargeIn="false" actionOnEmptyResult="true" action="/g" method="GET">' +
      '<Say>One</Say><Pause length="2"/><Play>two.wav</Play><Say loop="2">Three</Say></Gather>';
    expect(verbs(inside)).toEqual([
      {
        verb: 'gather',
        input: {
          prompt: [
            { say: 'One' },
            { silence: 2_000 },
            { url: 'two.wav' },
            { say: 'Three' },
            { say: 'Three' },
          ],
          maxDigits: 4,
          finishOn: '',
          firstDigitTimeout: 3_000,
          interDigitTimeout: 3_000,
          bargeIn: false,
        },
        action: { url: '/g', method: 'GET' },
        reportsEmpty: true,
      },
    ]);
  });

  it('gathers speech, whose silence is the time-out of the keys unless it is said', () => {
    const inside =
      '<Gather input="dtmf speech" timeout="4" hints="sales, technical support,, billing" language="de-DE"' +
      ' speechModel="phone_call" profanityFilter="false" partialResultCallback="/p"/>';
    expect(verbs(inside)).toEqual([
      {
        verb: 'gather',
        input: {
          input: ['digits', 'speech'],
          finishOn: '#',
          firstDigitTimeout: 4_000,
          interDigitTimeout: 4_000,
          speechTimeout: 4_000,
          language: 'de-DE',
          hints: ['sales', 'technical support', 'billing'],
          speechModel: 'phone_call',
          profanityFilter: false,
          partial: true,
        },
        action: post(''),
        reportsEmpty: false,
        partial: post('/p'),
      },
    ]);
    expect(inputOf('<Gather input="speech" speechTimeout="auto"/>')).toMatchObject({
      input: ['speech'],
      speechTimeout: 'auto',
    });
    expect(inputOf('<Gather input="speech" speechTimeout="2"/>')).toMatchObject({
      speechTimeout: 2_000,
    });
  });

  it('records as Twilio does when nothing is said', () => {
    expect(verbs('<Record/>')).toEqual([
      {
        verb: 'record',
        input: {
          beep: true,
          maxDuration: 3_600_000,
          endSilence: 5_000,
          startSilence: 5_000,
          finishOn: '1234567890*#',
          trim: 250,
        },
        action: post(''),
        reportsEmpty: false,
      },
    ]);
  });

  it('records with all that is said', () => {
    const inside =
      '<Record action="/r" maxLength="20" timeout="0" finishOnKey="*" playBeep="false" trim="do-not-trim"' +
      ' recordingStatusCallback="/s" recordingStatusCallbackEvent="in-progress completed"/>';
    expect(verbs(inside)).toEqual([
      {
        verb: 'record',
        input: { beep: false, maxDuration: 20_000, endSilence: 0, startSilence: 0, finishOn: '*' },
        action: post('/r'),
        reportsEmpty: false,
        status: { url: '/s', method: 'POST', events: ['in-progress', 'completed'] },
      },
    ]);
  });

  it('dials a number that stands in it, and answers the caller first', () => {
    expect(verbs('<Dial>+1 (415) 123-4567</Dial>')).toEqual([
      {
        verb: 'dial',
        input: { timeout: 30_000, timeLimit: 14_400_000, answerOnBridge: false },
        parties: [{ to: '+14151234567', kind: 'number' }],
      },
    ]);
  });

  it('dials with all that is said of the dial', () => {
    const inside =
      '<Dial action="/d" timeout="10" timeLimit="60" answerOnBridge="true" callerId="+4930123" sequential="true"' +
      ' hangupOnStar="true" record="record-from-answer-dual" ringTone="de" recordingStatusCallback="/s">' +
      '<Number>100</Number><Client>alice</Client></Dial>';
    expect(verbs(inside)).toEqual([
      {
        verb: 'dial',
        input: {
          timeout: 10_000,
          timeLimit: 60_000,
          answerOnBridge: true,
          strategy: 'sequential',
          callerId: { number: '+4930123' },
          ringback: { prompt: { tone: 'ringback', country: 'de' } },
          hangupKey: '*',
          record: { channels: 'stereo' },
        },
        parties: [
          { to: '100', kind: 'number' },
          { to: 'alice', kind: 'client' },
        ],
        action: post('/d'),
        recordingStatus: { url: '/s', method: 'POST', events: ['completed'] },
      },
    ]);
  });

  it.each([
    ['record-from-answer', { channels: 'mixed' }],
    ['record-from-ringing', { channels: 'mixed' }],
    ['record-from-ringing-dual', { channels: 'stereo' }],
    ['true', { channels: 'mixed' }],
    ['false', undefined],
    ['do-not-record', undefined],
  ])('records a dial with record="%s"', (record, expected) => {
    const input = inputOf(`<Dial record="${record}">100</Dial>`);
    expect((input as { record?: unknown }).record).toEqual(expected);
  });

  it.each<[string, unknown]>([
    [
      '<Number url="/w" method="GET" sendDigits="ww12" statusCallback="/s" statusCallbackEvent="initiated completed">100</Number>',
      {
        to: '100',
        kind: 'number',
        whisper: { url: '/w', method: 'GET' },
        status: { url: '/s', method: 'POST', events: ['initiated', 'completed'] },
        sendDigits: 'ww12',
      },
    ],
    [
      '<Number statusCallback="/s">100</Number>',
      { to: '100', kind: 'number', status: { url: '/s', method: 'POST', events: ['completed'] } },
    ],
    [
      '<Number machineDetection="DetectMessageEnd" machineDetectionTimeout="20" amdStatusCallback="/amd">1</Number>',
      {
        to: '1',
        kind: 'number',
        machine: {
          input: {
            greeting: 2_400,
            afterGreetingSilence: 1_200,
            initialSilence: 5_000,
            totalTime: 20_000,
            beepTimeout: 20_000,
          },
          status: post('/amd'),
        },
      },
    ],
    [
      '<Client><Identity>bob</Identity><Parameter name="order" value="12"/></Client>',
      { to: 'bob', kind: 'client', parameters: { order: '12' } },
    ],
    [
      '<Sip username="u" password="p">sip:a@b.example;transport=tcp?X-Order=1%202&amp;User-to-User=ff</Sip>',
      {
        to: 'sip:a@b.example;transport=tcp',
        kind: 'sip',
        username: 'u',
        password: 'p',
        headers: { 'X-Order': '1 2', 'User-to-User': 'ff' },
      },
    ],
  ])('dials %s', (noun, party) => {
    const [verb] = parse(`<Dial>${noun}</Dial>`).verbs;
    expect(verb).toMatchObject({ verb: 'dial' });
    expect(verb !== undefined && 'parties' in verb ? verb.parties : []).toEqual([party]);
  });

  it('dials each Uri of a Sip, the lowest priority first, with its headers', () => {
    const inside =
      '<Dial><Sip username="u"><Uri priority="2">sip:b@x.example</Uri>' +
      '<Uri priority="1" username="v">sip:a@x.example</Uri>' +
      '<Headers><Header name="X-A" value="1"/></Headers></Sip></Dial>';
    const [verb] = parse(inside).verbs;
    const headers = { 'X-A': '1' };
    expect(verb !== undefined && 'parties' in verb ? verb.parties : []).toEqual([
      { to: 'sip:a@x.example', kind: 'sip', username: 'v', headers },
      { to: 'sip:b@x.example', kind: 'sip', username: 'u', headers },
    ]);
  });

  it('puts a caller into a conference as Twilio does when nothing is said', () => {
    expect(verbs('<Dial><Conference>Room 1</Conference></Dial>')).toEqual([
      { verb: 'conference', input: { name: 'Room 1', timeLimit: 14_400_000 } },
    ]);
  });

  it('puts a caller into a conference with all that is said', () => {
    const inside =
      '<Dial action="/d" hangupOnStar="true"><Conference muted="true" startConferenceOnEnter="false" endConferenceOnExit="true"' +
      ' beep="onExit" maxParticipants="3" record="record-from-start" waitUrl="/hold" waitMethod="GET" coach="CA1"' +
      ' participantLabel="agent" statusCallback="/s" statusCallbackEvent="start,join speaker"' +
      ' recordingStatusCallback="/r">R</Conference></Dial>';
    expect(verbs(inside)).toEqual([
      {
        verb: 'conference',
        input: {
          name: 'R',
          muted: true,
          startOnEnter: false,
          endOnExit: true,
          joinTone: false,
          record: true,
          leaveKey: '*',
          label: 'agent',
          maxParties: 3,
          timeLimit: 14_400_000,
        },
        action: post('/d'),
        label: 'agent',
        coach: 'CA1',
        wait: { url: '/hold', method: 'GET' },
        status: { url: '/s', method: 'POST', events: ['start', 'join', 'speaker'] },
        recordingStatus: { url: '/r', method: 'POST', events: ['completed'] },
      },
    ]);
  });

  it.each([
    ['beep="true"', {}],
    ['beep="false"', { joinTone: false, leaveTone: false }],
    ['beep="onEnter"', { leaveTone: false }],
    ['beep="onExit"', { joinTone: false }],
    ['waitUrl=""', { waitMusic: false }],
  ])('has a conference with %s', (attribute, expected) => {
    const input = inputOf(`<Dial><Conference ${attribute}>R</Conference></Dial>`);
    expect(input).toEqual({ name: 'R', timeLimit: 14_400_000, ...expected });
  });

  it('takes the next from a queue', () => {
    const inside =
      '<Dial action="/d" timeout="5" record="true"><Queue url="/about" method="GET">support</Queue></Dial>';
    expect(verbs(inside)).toEqual([
      {
        verb: 'dialQueue',
        queue: 'support',
        timeout: 5_000,
        timeLimit: 14_400_000,
        action: post('/d'),
        record: { channels: 'mixed' },
        whisper: { url: '/about', method: 'GET' },
      },
    ]);
  });

  it('starts, connects and stops streams and recordings', () => {
    const inside =
      '<Start><Stream name="s" url="wss://a.example/x" track="both_tracks" statusCallback="/s">' +
      '<Parameter name="a" value="1"/></Stream><Recording name="r" channels="mono" recordingStatusCallback="/r"/></Start>' +
      '<Stop><Stream name="s"/><Recording name="r"/></Stop>' +
      '<Connect action="/c"><Stream url="ws://a.example" audioFormat="audio/x-l16" sampleRate="16000"/></Connect>';
    expect(verbs(inside)).toEqual([
      {
        verb: 'stream',
        mode: 'start',
        name: 's',
        url: 'wss://a.example/x',
        track: 'both',
        parameters: { a: '1' },
        status: {
          url: '/s',
          method: 'POST',
          events: ['started', 'stopped', 'error'],
        },
      },
      {
        verb: 'recordCall',
        name: 'r',
        input: { channels: 'mixed' },
        status: { url: '/r', method: 'POST', events: ['completed'] },
      },
      { verb: 'stop', what: 'stream', name: 's' },
      { verb: 'stop', what: 'recordCall', name: 'r' },
      {
        verb: 'stream',
        mode: 'connect',
        name: '',
        url: 'ws://a.example',
        track: 'inbound',
        parameters: {},
        encoding: 'l16',
        sampleRate: 16_000,
        action: post('/c'),
      },
    ]);
  });
});

describe('a call that is not answered yet', () => {
  const names = (inside: string): string[] => parse(inside).verbs.map(({ verb }) => verb);

  it.each([
    ['<Hangup/>', ['answer', 'hangup']],
    ['<Pause/><Hangup/>', ['pause', 'answer', 'hangup']],
    ['<Say>x</Say><Hangup/>', ['play', 'hangup']],
    ['<Reject/>', ['reject']],
    ['<Pause/><Reject/>', ['pause', 'reject']],
    ['<Redirect>/x</Redirect>', ['document']],
    ['<Gather/><Hangup/>', ['gather', 'hangup']],
    ['', []],
  ])('is answered by %s as Twilio answers it', (inside, expected) => {
    expect(names(inside)).toEqual(expected);
  });
});

describe('what is spoken', () => {
  const prompt = (say: string): unknown => (inputOf(say) as { prompt: unknown }).prompt;

  it.each<[string, unknown]>([
    ['<Say voice="alice">x</Say>', { say: 'x' }],
    ['<Say voice="woman" language="fr-FR">x</Say>', { language: 'fr-FR', prompt: { say: 'x' } }],
    ['<Say voice="man">x</Say>', { say: 'x', voice: 'rms' }],
    [
      '<Say voice="man" language="en-GB">x</Say>',
      { language: 'en-GB', prompt: { say: 'x', voice: 'rms' } },
    ],
    ['<Say voice="man" language="de-DE">x</Say>', { language: 'de-DE', prompt: { say: 'x' } }],
    ['<Say voice="Polly.Vicki-Neural">x</Say>', { language: 'de-DE', prompt: { say: 'x' } }],
    ['<Say voice="Polly.Mía-Generative">x</Say>', { language: 'es-MX', prompt: { say: 'x' } }],
    [
      '<Say voice="Google.en-US-Neural2-F">x</Say>',
      { language: 'en-US', prompt: { say: 'x', voice: 'en-US-Neural2-F' } },
    ],
    ['<Say language="en-GB-WLS">x</Say>', { language: 'en-GB', prompt: { say: 'x' } }],
  ])('by %s', (say, expected) => {
    expect(prompt(say)).toEqual(expected);
    expect(parse(say).warnings).toEqual([]);
  });

  it('is SSML where there is markup in it', () => {
    const say =
      '<Say>Your <say-as interpret-as="digits">1 &lt; 2</say-as><break time="500ms"/> &amp; <sub alias="World &quot;Wide&quot; Web">WWW</sub></Say>';
    expect(prompt(say)).toEqual({
      ssml: 'Your <say-as interpret-as="digits">1 &lt; 2</say-as><break time="500ms"/> &amp; <sub alias="World &quot;Wide&quot; Web">WWW</sub>',
    });
  });

  it('has the words of markup that is unknown, and nothing of what it says', () => {
    const document = parse('<Say>a <blink x="1">b</blink> <p onclick="x">c</p></Say>');
    expect(document.verbs[0]).toMatchObject({ input: { prompt: { ssml: 'a b <p>c</p>' } } });
    expect(document.warnings.map(({ message }) => message)).toEqual([
      '<blink> is unknown: it is skipped.',
      "'onclick' of <p> is unknown: it is ignored.",
    ]);
  });
});

describe('the content types', () => {
  it.each(['text/xml', 'application/xml', 'text/html', 'application/twiml+xml'])(
    'reads %s',
    (type) => {
      expect(twimlDialect.accepts(type)).toBe(true);
    },
  );

  it.each(['text/plain', 'application/json', 'audio/wav', ''])('does not read %s', (type) => {
    expect(twimlDialect.accepts(type)).toBe(false);
  });

  it('reads plain text aloud', () => {
    expect(plainTextDialect.accepts('text/plain')).toBe(true);
    expect(plainTextDialect.parse(' Hello\n <world> ')).toMatchObject({
      verbs: [{ verb: 'play', input: { prompt: { say: 'Hello <world>' } } }],
    });
    expect(plainTextDialect.parse(' ')).toMatchObject({ problem: 'There is no text.' });
  });
});
