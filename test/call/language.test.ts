import { oneScene } from './scene';
import { ScenePrompts } from './scene-sounds';

const open = oneScene();

describe('the language of a call', () => {
  it('is that of the configuration until one is chosen, and then that of all that is played for it', async () => {
    const prompts = new ScenePrompts();
    const scene = await open({ more: { prompts } });
    const { call } = await scene.calling(await scene.phone('caller'));
    const bob = await scene.phone('callee');
    bob.onCall = (incoming) => incoming.answer();
    const { asked } = prompts;
    await Promise.all([call.play('music'), scene.run(100)]);
    expect(asked.splice(0)).toEqual(['"music" usual']);

    call.setLanguage('de');
    expect(call.language).toBe('de');
    await Promise.all([call.play('music'), scene.run(100)]);
    expect(asked.splice(0)).toEqual(['"music" de']);

    const dial = scene.dial(call, {
      targets: [bob.uri],
      ringback: { prompt: 'music' },
      screening: { prompt: 'question', accept: '1', timeout: 1_000 },
    });
    await scene.run(5_000);
    expect(dial.result).toEqual({ type: 'declinedByScreening' });
    expect(asked.splice(0).sort()).toEqual(['"music" de', '"question" de']);
  });

  it('is that of each party in a conference', async () => {
    const prompts = new ScenePrompts();
    const scene = await open({ more: { prompts } });
    const { call } = await scene.calling(await scene.phone('caller'));
    call.setLanguage('fr');
    const controller = new AbortController();
    const party = call.conference(
      {
        ...{ name: 'room', muted: false, deaf: false, startOnEnter: true, endOnExit: false },
        ...{ maxParties: 5, waitMusic: 'music' },
      },
      controller.signal,
    );
    await scene.run(1_000);
    expect(prompts.asked).toEqual(['"music" fr']);
    controller.abort();
    await Promise.all([party, scene.run(100)]);
  });
});
