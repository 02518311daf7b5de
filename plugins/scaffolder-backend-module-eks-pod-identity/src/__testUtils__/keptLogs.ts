import { inspect } from 'node:util';
import {
  coreServices,
  createServiceFactory,
  type RootLoggerService,
} from '@backstage/backend-plugin-api';

/** A logger of a whole backend that keeps every line, with all that was logged beside its message. */
export function keptLogs() {
  const lines: { level: string; text: string }[] = [];
  const logger = (meta: object): RootLoggerService => {
    const at = (level: string) => (message: string, more?: unknown) => {
      const text = inspect([message, meta, more], {
        depth: 10,
        maxStringLength: null,
        maxArrayLength: null,
        breakLength: Infinity,
      });
      lines.push({ level, text });
    };
    return {
      error: at('error'),
      warn: at('warn'),
      info: at('info'),
      debug: at('debug'),
      child: more => logger({ ...meta, ...more }),
    };
  };
  const feature = createServiceFactory({
    service: coreServices.rootLogger,
    deps: {},
    factory: () => logger({}),
  });
  return { feature, lines };
}
