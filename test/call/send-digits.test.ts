import { oneScene } from './scene';

const open = oneScene();

describe('keys that a call sends', () => {
  it('are SIP INFO when they are asked for so, one after another at the pace of a hand', async () => {
    const scene = await open();
    const { call, caller } = await scene.calling(await scene.phone('caller'));
    let sent = false;
    void call.sendDigits('1#', 120, 80, 'info').then(() => {
      sent = true;
    });
    await scene.run(150);
    expect(caller.infos).toEqual(['Signal=1\r\nDuration=120\r\n']);
    await scene.run(100);
    expect(caller.infos).toEqual(['Signal=1\r\nDuration=120\r\n', 'Signal=#\r\nDuration=120\r\n']);
    await scene.run(300);
    expect(sent).toBe(true);
    expect(caller.digits).toEqual([]);
  });

  it('are refused as INFO by a phone that takes none, with its status', async () => {
    const scene = await open();
    const { call, caller } = await scene.calling(await scene.phone('caller'));
    await call.answer();
    Object.assign(caller.handler, { onInfo: () => 415 });
    const problem = call.sendDigits('1', 100, 100, 'info').catch((error: unknown) => error);
    await scene.run(1_000);
    expect(await problem).toMatchObject({ code: 'CALLCHART_INFO_REFUSED', status: 415 });
  });

  it.each(['event', 'inband', 'auto'] as const)('are heard once in the form %s', async (form) => {
    const scene = await open();
    const { call, caller } = await scene.calling(await scene.phone('caller'));
    await call.answer();
    void call.sendDigits('12', 120, 80, form);
    await scene.run(1_000);
    // A phone that has agreed to events does not look for tones.
    expect(caller.digits).toEqual(form === 'inband' ? [] : ['1', '2']);
  });

  it('are tones where the phone has not agreed to events', async () => {
    const scene = await open();
    const phone = await scene.phone('caller', { telephoneEvent: false });
    const { call, caller } = await scene.calling(phone);
    await call.answer();
    void call.sendDigits('12', 120, 80);
    await scene.run(1_000);
    expect(caller.digits).toEqual(['1', '2']);
  });
});
