import { namedKeys } from '../../runtime/explore/menu-words';

describe('the keys that a menu names', () => {
  it.each([
    ['en', 'For sales, press one. For support, press 2 or the star key.', '12', '12*'],
    ['en', 'Press 1 for not at all, up to 5 for very satisfied.', '1', '12345'],
    ['en', 'Press 1, 2 or 3.', '123', '123'],
    ['en', 'We are open from nine to five. Press 1 to hear more.', '1', '1'],
    ['de', 'Für den Vertrieb drücken Sie die Eins, für den Support die 2.', '1', '12'],
    ['fr', 'Appuyez sur le un, ou tapez 2.', '12', '12'],
    ['es', 'Para ventas, pulse uno. Para soporte, marque el dos.', '12', '12'],
    ['it', 'Per le vendite prema uno, per assistenza digiti due.', '12', '12'],
    ['pt', 'Para vendas, pressione um. Para suporte, digite dois.', '12', '12'],
    ['nl', 'Toets een voor verkoop, of kies twee.', '12', '12'],
    ['pl', 'Naciśnij jeden albo wybierz dwójkę.', '12', '12'],
  ])('are found in %s: %s', (language, text, told, named) => {
    const found = namedKeys(text, language);
    expect([...found.told].sort().join('')).toBe(told);
    for (const key of named) expect(found.named).toContain(key);
  });

  it('are none in a language that is not known', () => {
    expect(namedKeys('1 を押してください', 'ja').named.size).toBe(0);
  });
});
