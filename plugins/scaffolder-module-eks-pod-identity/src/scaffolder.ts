/** The scaffolder’s alpha API is used through this one file. */
export {
  createFormField,
  FormFieldBlueprint,
  ScaffolderField,
  useScaffolderTheme,
} from '@backstage/plugin-scaffolder-react/alpha';
