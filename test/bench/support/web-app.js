'use strict';

/** A web app that answers every request with the same JSON: the other end of web.ts, in a process of its own. */

const { createServer } = require('node:http');

const body = JSON.stringify({ state: 'sent', days: 2 });

const server = createServer((request, response) => {
  request.resume();
  request.on('end', () => {
    response.writeHead(200, { 'content-type': 'application/json' }).end(body);
  });
});
server.listen(0, '127.0.0.1', () => process.send(server.address().port));
process.on('disconnect', () => process.exit());
