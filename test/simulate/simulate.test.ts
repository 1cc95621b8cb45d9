import { hangsUp, hears, presses, simulate } from 'callchart/testing';
import echo from '../../flows/echo.flow';
import reception from '../../flows/reception.flow';

describe('simulate', () => {
  it('runs a flow through a call and tells of it as one reads it', async () => {
    const call = await simulate(reception, {
      caller: [hears('welcome'), presses('1'), hears('opening-hours'), hears('menu'), hangsUp()],
      prompts: false,
    });
    expect(call.transcript).toMatchInlineSnapshot(`
     "   0.0  caller    calls reception
        0.0  flow      welcome
        0.0  call      answered
        0.0  prompt    welcome
        0.0  caller    presses 1
        0.0  flow      menu
        0.0  flow      hours
        0.0  prompt    opening-hours
        2.0  flow      menu
        2.0  prompt    menu
        2.0  caller    hangs up
        2.0  end       the caller hung up (left in menu)"
    `);
    expect(call.path).toEqual(['welcome', 'menu', 'hours', 'menu']);
  });

  it('lets a caller without a script stay on the line in silence', async () => {
    const call = await simulate(echo, { prompts: false });
    expect(call.transcript).toMatchInlineSnapshot(`
     "   0.0  caller    calls echo
        0.0  flow      welcome
        0.0  call      answered
        0.0  prompt    echo-welcome
        2.0  flow      echo
        2.0  call      echoes
      302.0  flow      ended
      302.0  prompt    echo-ended
      304.0  flow      done
      304.0  end       the flow hung up (final: done)"
    `);
  });

  it('says what was heard when the script waits for something else', async () => {
    await expect(simulate(reception, { caller: [hears('sales')], prompts: false })).rejects
      .toThrowErrorMatchingInlineSnapshot(`
     "hears('sales'): the call was over before that. The caller heard: welcome, menu, no-input + menu, no-input + menu, goodbye.

     The call until then:
        0.0  caller    calls reception
        0.0  flow      welcome
        0.0  call      answered
        0.0  prompt    welcome
        2.0  flow      menu
        2.0  prompt    menu
        9.0  prompt    no-input + menu
       18.0  prompt    no-input + menu
       27.0  flow      bye
       27.0  prompt    goodbye
       29.0  flow      done
       29.0  end       the flow hung up (final: done)"
    `);
  });
});
