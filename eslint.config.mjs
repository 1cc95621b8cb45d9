import js from '@eslint/js';
import tseslint from 'typescript-eslint';

/** Time and randomness come from an injected Clock and Random (docs/decisions/0001). */
const platformTime = [
  { object: 'Date', property: 'now', message: 'Take an injected Clock.' },
  { object: 'Math', property: 'random', message: 'Take an injected Random.' },
  { object: 'performance', property: 'now', message: 'Take an injected Clock.' },
];
const platformTimers = ['setTimeout', 'setInterval', 'clearTimeout', 'clearInterval'].map(
  (name) => ({ name, message: 'Take an injected Clock.' }),
);

export default tseslint.config(
  { ignores: ['dist/', 'node_modules/', 'coverage/', '.cache/', 'test/vectors/'] },
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [...tseslint.configs.strictTypeChecked],
    languageOptions: {
      parserOptions: { project: './tsconfig.json', tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      '@typescript-eslint/no-confusing-void-expression': 'off',
      '@typescript-eslint/no-unnecessary-condition': 'off',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
    },
  },
  {
    files: ['runtime/**/*.ts'],
    ignores: ['runtime/core/**', 'runtime/cli/**'],
    rules: {
      'no-restricted-properties': ['error', ...platformTime],
      'no-restricted-globals': ['error', ...platformTimers],
    },
  },
  {
    files: ['test/**/*.ts'],
    rules: {
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/require-await': 'off',
    },
  },
  {
    files: ['**/*.js'],
    languageOptions: {
      sourceType: 'commonjs',
      globals: {
        require: 'readonly',
        module: 'writable',
        process: 'readonly',
        console: 'readonly',
        __dirname: 'readonly',
        Buffer: 'readonly',
        setTimeout: 'readonly',
      },
    },
  },
);
