import type { NumberFormat } from '../../runtime/core/network-config';
import { numberRules, rewriteNumber } from '../../runtime/routing/numbers';

const germany = { country: '49' };
const america = { country: '1', nationalPrefix: '', internationalPrefix: '011' };

describe('a number', () => {
  it.each<[string, NumberFormat, string]>([
    ['+49301234', {}, '+49301234'],
    ['030/12 34-5', {}, '03012345'],
    ['0301234', { ...germany, format: 'e164' }, '+49301234'],
    ['0044201234', { ...germany, format: 'e164' }, '+44201234'],
    ['+44201234', { ...germany, format: 'e164' }, '+44201234'],
    ['+49301234', { ...germany, format: 'national' }, '0301234'],
    ['+44201234', { ...germany, format: 'national' }, '0044201234'],
    ['0301234', { ...germany, format: 'national' }, '0301234'],
    ['2125551234', { ...america, format: 'e164' }, '+12125551234'],
    ['12125551234', { ...america, format: 'e164' }, '+12125551234'],
    ['01144201234', { ...america, format: 'e164' }, '+44201234'],
    ['+12125551234', { ...america, format: 'national' }, '2125551234'],
    ['+44201234', { ...america, format: 'national' }, '01144201234'],
    ['110', { ...germany, format: 'e164' }, '110'],
    ['911', { ...america, format: 'e164' }, '911'],
    ['*21#', { ...germany, format: 'e164' }, '*21#'],
    ['90301234', { ...germany, format: 'e164', strip: 1 }, '+49301234'],
    ['301234', { prefix: '0' }, '0301234'],
    ['+49301234', { strip: 2, prefix: '0' }, '0301234'],
    ['reception', { ...germany, format: 'e164', strip: 3, prefix: '9' }, 'reception'],
    ['', { prefix: '9' }, ''],
  ])('%s by %j is %s', (number, format, expected) => {
    expect(rewriteNumber(number, format)).toBe(expected);
  });

  it('has a form outward and another inward', () => {
    const rules = numberRules({
      outbound: { ...germany, format: 'national', prefix: '9' },
      inbound: { ...germany, format: 'e164' },
    });
    expect(rules.outward('+49301234')).toBe('90301234');
    expect(rules.inward('0301234')).toBe('+49301234');
  });
});
