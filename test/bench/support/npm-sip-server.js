'use strict';

/** The peer of the call benchmark: answers with a fixed SDP, opens an RTP socket a call if told to. */

const dgram = require('node:dgram');
const sip = require('sip');

const port = Number(process.argv[2]);
const sockets = process.argv[3] === 'sockets';
const calls = new Map();

function answer(request, rtpPort) {
  const response = sip.makeResponse(request, 200, 'OK');
  response.headers.to.params.tag = Math.floor(Math.random() * 1e9).toString(36);
  response.headers.contact = [{ uri: `sip:peer@127.0.0.1:${port}` }];
  response.headers['content-type'] = 'application/sdp';
  response.content =
    `v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n` +
    `m=audio ${rtpPort} RTP/AVP 0 101\r\na=rtpmap:101 telephone-event/8000\r\na=ptime:20\r\n`;
  sip.send(response);
}

sip.start({ port, address: '127.0.0.1', tcp: false }, (request) => {
  const id = request.headers['call-id'];
  if (request.method === 'INVITE') {
    sip.send(sip.makeResponse(request, 100, 'Trying'));
    if (!sockets) {
      answer(request, 40_000);
      return;
    }
    const socket = dgram.createSocket('udp4');
    calls.set(id, socket);
    socket.bind(0, '127.0.0.1', () => answer(request, socket.address().port));
  } else if (request.method === 'BYE') {
    const socket = calls.get(id);
    if (socket) socket.close();
    calls.delete(id);
    sip.send(sip.makeResponse(request, 200, 'OK'));
  } else if (request.method !== 'ACK') {
    sip.send(sip.makeResponse(request, 405, 'Method Not Allowed'));
  }
});
console.log('ready');
