import { oneWorld } from './support/one-world';
import { SimulatedPhone } from './support/phone';

const open = oneWorld();

const external = '203.0.113.7';

test.each([
  ['beyond a NAT', '198.51.100.20', external],
  ['on this machine', '127.0.0.9', '10.0.0.1'],
  ['of the other address family', '2001:db8::20', '2001:db8::1'],
])(
  'a caller %s is told to send its audio to an address that it reaches',
  async (_where, host, expected) => {
    const world = await open({
      config: {
        sip: {
          externalAddress: external,
          listen: ['udp:10.0.0.1:5060', 'udp:[2001:db8::1]:5060'],
        },
      },
    });
    const server = { host: host.includes(':') ? '2001:db8::1' : '10.0.0.1', port: 5060 };
    const phone = await SimulatedPhone.open(world, { host, server, flow: 'echo' });
    await world.until(phone.dial().answered());
    expect(phone.serverMedia.host).toBe(expected);
    phone.hangUp();
  },
);
