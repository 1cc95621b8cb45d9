import type { CallchartConfig } from '../../../runtime/core/config';
import { ScenePhone } from '../../call/scene-phone';
import { WebApp, type AppAnswer, type AppRequest } from '../../support/web-app';
import { SimulatedPhone } from './phone';
import { SpeakingPrompts } from './prompts';
import type { World, WorldOptions } from './world';

export interface Scene {
  readonly world: World;
  readonly app: WebApp;
}

/** What an app answers, by path; a path that is not there is answered with 404. */
export type Pages = Readonly<Record<string, AppAnswer | ((request: AppRequest) => AppAnswer)>>;

/** A server whose calls `https://app.example/voice` answers. */
export async function answeredByApp(
  open: (options: WorldOptions) => Promise<World>,
  pages: Pages,
  config: CallchartConfig = {},
  webhook: object = {},
  parts: WorldOptions['parts'] = {},
): Promise<Scene> {
  const app = new WebApp((request) => {
    const page = pages[request.path];
    if (page === undefined) return { status: 404 };
    return typeof page === 'function' ? page(request) : page;
  });
  const world = await open({
    config: {
      routes: [{ webhook: { url: 'https://app.example/voice', ...webhook } }],
      outbound: { hosts: ['10.1.9.9', '10.1.9.8'] },
      ...config,
    },
    parts: { web: app, prompts: new SpeakingPrompts(), ...parts },
    expectedErrors: ['CALLCHART_DOCUMENT_FAILED'],
  });
  return { world, app };
}

/** Somebody who has dialled `4711`. */
export async function caller(world: World, flow = '4711'): Promise<SimulatedPhone> {
  const phone = await SimulatedPhone.open(world, { flow });
  phone.hear();
  phone.dial();
  return phone;
}

/** Somebody whom the server may call. */
export async function callee(world: World, host: '10.1.9.9' | '10.1.9.8'): Promise<ScenePhone> {
  const { clock, network, phoneMedia: engine } = world;
  const phone = await ScenePhone.open({ clock, network, engine, host, voice: 'callee' });
  world.onClose(() => phone.close());
  return phone;
}
