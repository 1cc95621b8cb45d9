import { DAY, HOUR, itSays, MINUTE, SECOND } from './support/said';

describe('Portuguese of Portugal', () => {
  itSays('pt-PT', [
    [{ number: 0 }, 'zero'],
    [{ number: 1 }, 'um'],
    [{ number: 1, gender: 'feminine' }, 'uma'],
    [{ number: 2, gender: 'feminine' }, 'duas'],
    [{ number: 14 }, 'catorze'],
    [{ number: 16 }, 'dezasseis'],
    [{ number: 17 }, 'dezassete'],
    [{ number: 19 }, 'dezanove'],
    [{ number: 21, gender: 'feminine' }, 'vinte e uma'],
    [{ number: 100 }, 'cem'],
    [{ number: 102, gender: 'feminine' }, 'cento e duas'],
    [{ number: 200, gender: 'feminine' }, 'duzentas'],
    [{ number: 1_000 }, 'mil'],
    [{ number: 1_001 }, 'mil e um'],
    [{ number: 1_100 }, 'mil e cem'],
    // n2words: "mil duzentos".
    [{ number: 1_200 }, 'mil e duzentos'],
    [{ number: 1_235 }, 'mil duzentos e trinta e cinco'],
    [{ number: 2_002, gender: 'feminine' }, 'duas mil e duas'],
    [{ number: 1_000_000 }, 'um milhão'],
    [{ number: 1_200_000 }, 'um milhão e duzentos mil'],
    // n2words: "um mil milhões".
    [{ number: 1e9 }, 'mil milhões'],
    [{ number: 2_000_000, gender: 'feminine' }, 'dois milhões'],
    [{ number: 1e12 }, 'um bilião'],
    [{ number: 3.5 }, 'três vírgula cinco'],
    [{ number: -2.05 }, 'menos dois vírgula zero cinco'],
    [{ ordinal: 1, gender: 'feminine' }, 'primeira'],
    [{ ordinal: 11 }, 'décimo primeiro'],
    [{ ordinal: 22, gender: 'feminine' }, 'vigésima segunda'],
    [{ digits: '06*#' }, 'zero seis asterisco cardinal'],
    [{ money: 1.01, currency: 'EUR' }, 'um euro e um cêntimo'],
    [{ money: 2.5, currency: 'EUR' }, 'dois euros e cinquenta cêntimos'],
    [{ money: 1e6, currency: 'EUR' }, 'um milhão de euros'],
    [{ money: 2, currency: 'GBP' }, 'duas libras'],
    [{ money: 0, currency: 'EUR' }, 'zero euros'],
    [{ date: '2026-11-22' }, 'domingo, vinte e dois de novembro de dois mil e vinte e seis'],
    [{ date: '2026-05-01', weekday: false, year: false }, 'um de maio'],
    [
      { date: '1999-12-31', weekday: false },
      'trinta e um de dezembro de mil novecentos e noventa e nove',
    ],
    [{ date: '2026-11-23', year: false }, 'segunda-feira, vinte e três de novembro'],
    [{ time: '14:30' }, 'catorze horas e trinta minutos'],
    [{ time: '02:00' }, 'duas horas'],
    [{ time: '01:01' }, 'uma hora e um minuto'],
    [{ time: '00:00' }, 'zero horas'],
    [{ time: '22:22' }, 'vinte e duas horas e vinte e dois minutos'],
    [{ duration: 0 }, 'zero segundos'],
    [{ duration: DAY + 2 * HOUR + 2 * MINUTE }, 'um dia, duas horas e dois minutos'],
    [{ duration: 21 * MINUTE + SECOND }, 'vinte e um minutos e um segundo'],
    [{ phone: '+351 21 600' }, 'mais três cinco um, dois um, seis zero zero'],
    [{ list: ['Lisboa', 'Porto', 'Faro'] }, 'Lisboa, Porto e Faro'],
    [{ list: ['sim', 'não'], join: 'or' }, 'sim ou não'],
  ]);
});

describe('Portuguese of Brazil, and where no country is named', () => {
  itSays('pt-BR', [
    [{ number: 16 }, 'dezesseis'],
    [{ number: 17 }, 'dezessete'],
    [{ number: 19 }, 'dezenove'],
    [{ number: 14 }, 'quatorze'],
    [{ number: 1e9 }, 'um bilhão'],
    [{ number: 2e12 }, 'dois trilhões'],
    [{ number: 1e15 }, 'um quatrilhão'],
    [{ money: 1.01, currency: 'BRL' }, 'um real e um centavo'],
    [{ money: 2, currency: 'BRL' }, 'dois reais'],
    // Where Intl and Brazilian grammars have the singular, Portugal has the plural.
    [{ time: '00:00' }, 'zero hora'],
    [{ time: '14:00' }, 'quatorze horas'],
    [{ date: '2026-05-01', weekday: false, year: false }, 'primeiro de maio'],
    [{ digits: '6#' }, 'seis jogo da velha'],
    // "meia (dúzia)" on the telephone.
    [{ phone: '(11) 91234-5678' }, 'um um, nove um dois três quatro, cinco meia sete oito'],
  ]);
  itSays('pt', [[{ number: 16 }, 'dezesseis']]);
  itSays('pt-AO', [[{ number: 16 }, 'dezasseis']]);
});
