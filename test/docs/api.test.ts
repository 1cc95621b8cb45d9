import type { EndpointDescription } from '../../runtime/http/api/endpoint';
import { endpoints } from '../../runtime/http/api/endpoints';
import { rowsBelow } from './support/pages';

it('the endpoints on the page are those that there are, with their scopes', () => {
  const rows = rowsBelow('docs/api.md', 'Endpoints').map(([endpoint = '', scope = '', what]) => [
    endpoint.replaceAll('`', ''),
    scope.replaceAll('`', ''),
    what,
  ]);
  const table = Object.values<EndpointDescription>(endpoints).map(
    ({ method, path, scope, summary }) => [`${method.toUpperCase()} ${path}`, scope, summary],
  );
  expect(rows).toEqual(table);
});
