import vue from 'eslint-plugin-vue';
import typescript from 'typescript-eslint';

export default typescript.config(
  {
    ignores: [
      'out/',
      'dist/',
      'node_modules/',
      'tests/runtimes/node_modules/',
      'tests/fixtures/programs/',
      'tests/fixtures/alive/',
    ],
  },
  ...typescript.configs.recommended,
  ...vue.configs['flat/recommended'],
  {
    files: ['**/*.ts', '**/*.vue'],
    languageOptions: {
      parserOptions: {
        parser: typescript.parser,
        projectService: { allowDefaultProject: ['eslint.config.js'] },
        extraFileExtensions: ['.vue'],
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: {
      '@typescript-eslint/await-thenable': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: false }],
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      // Indices into columns that were just measured; the alternative is a branch on every row.
      '@typescript-eslint/no-non-null-assertion': 'off',
      // The probe stands in for a native function: that is what `Function` means there.
      '@typescript-eslint/no-unsafe-function-type': 'off',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      eqeqeq: 'error',
      'no-empty': 'error',
      // Prettier lays out templates.
      'vue/html-indent': 'off',
      'vue/max-attributes-per-line': 'off',
      'vue/singleline-html-element-content-newline': 'off',
      'vue/multiline-html-element-content-newline': 'off',
      'vue/html-self-closing': 'off',
      'vue/html-closing-bracket-newline': 'off',
    },
  },
  {
    files: ['engine/**', 'cli/**', 'electron/**', 'page-files/**', 'renderer/**'],
    ignores: ['engine/protocol/parse.ts', '**/*.test.ts'],
    rules: {
      // Valibot's own functions collect every issue: a megabyte of wrong items becomes a gigabyte of issues.
      'no-restricted-syntax': [
        'error',
        {
          selector:
            'MemberExpression[object.name="v"][property.name=/^(safeParse|parse|is|assert)(r|Async)?$|^safeParser/]',
          message: 'Parse with engine/protocol/parse.ts, which stops at the first issue.',
        },
        {
          selector:
            'ImportDeclaration[source.value="valibot"] > :matches(ImportSpecifier, ImportDefaultSpecifier, ImportNamespaceSpecifier[local.name!="v"])',
          message: "Import valibot as `import * as v from 'valibot'`, so that what parses is found.",
        },
      ],
    },
  },
  { files: ['**/*.js', '**/*.mjs', '**/*.cjs'], ...typescript.configs.disableTypeChecked },
);
