'use strict';

/** A web app that answers calls: the other end of webhooks.ts, in a process of its own. */

const { createServer } = require('node:http');

const documents = {
  '/voice': '<Response><Redirect>/menu</Redirect></Response>',
  '/menu': [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<Response>',
    '<Gather numDigits="1" timeout="60" action="/menu" method="POST">',
    '<Say voice="alice" language="en-US">For sales, press 1. For support, press 2.</Say>',
    '</Gather>',
    '<Say>We did not hear you.</Say>',
    '<Redirect method="POST">/menu</Redirect>',
    '</Response>',
  ].join('\n'),
  '/wait': '<Response><Gather timeout="60"/></Response>',
  '/first': '<Response><Redirect>/wait</Redirect></Response>',
  '/end': '<Response><Hangup/></Response>',
};

let requests = 0;

const server = createServer((request, response) => {
  requests += 1;
  request.resume();
  request.on('end', () => {
    const body = documents[request.url];
    response.writeHead(body === undefined ? 404 : 200, { 'content-type': 'text/xml' }).end(body);
  });
});
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }));
process.on('message', () => process.send({ requests }));
process.on('disconnect', () => process.exit());
