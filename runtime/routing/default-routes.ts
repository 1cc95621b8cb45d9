import { compileAction } from './actions';
import { compileConditions, holds } from './conditions';
import { userOf } from './facts';
import { compileIdentity } from './identity';
import type { CompiledRoute, RouterOptions } from './router';

/**
 * What happens to requests without any configured route: REGISTER goes to the registrar, a call to the flow that
 * the dialled user names, to the user of that name, to `flows.default`.
 */
export function defaultRoutes(
  options: Pick<RouterOptions, 'defaultFlow' | 'isFlow' | 'isUser' | 'hasUsers'>,
): readonly CompiledRoute[] {
  const { defaultFlow } = options;
  const isFlow = (name: string): boolean => options.isFlow(name);
  const anyone = compileIdentity({}, 'anyone');
  const routes: CompiledRoute[] = [
    {
      name: 'default: register',
      conditions: compileConditions({ method: 'REGISTER' }),
      identity: anyone,
      action: compileAction({ register: true }, isFlow),
    },
    {
      name: 'default: flow of that name',
      conditions: [],
      identity: anyone,
      action: compileAction({ flow: true }, isFlow),
    },
    {
      name: 'default: user of that name',
      conditions: [
        ...compileConditions({ local: true }),
        () => (options.hasUsers() ? holds : 'there are no users'),
        ({ requestUri }) => (userOf(requestUri) === '' ? 'no user was dialled' : holds),
      ],
      identity: compileIdentity({}, 'known'),
      afterIdentity: ({ requestUri }) => {
        const name = userOf(requestUri);
        return options.isUser(name) ? holds : `there is no user "${name}"`;
      },
      action: compileAction({ proxy: true }, isFlow),
    },
  ];
  if (defaultFlow !== undefined) {
    routes.push({
      name: 'default: flows.default',
      conditions: [],
      identity: anyone,
      action: compileAction({ flow: defaultFlow }, isFlow),
    });
  }
  return routes;
}
