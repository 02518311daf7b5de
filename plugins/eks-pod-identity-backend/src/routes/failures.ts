import type { LoggerService } from '@backstage/backend-plugin-api';
import {
  isError,
  type ResponseError,
  ServiceUnavailableError,
} from '@backstage/errors';
import type { ErrorRequestHandler } from 'express';
import { isDatabaseError } from '../store/databaseErrors';
import { isOfStore } from '../store/ofStore';
import { isDatabaseUnavailable } from '../store/retryWhileUnavailable';

/** What another plugin answered with: its body can name hosts, such as that of the same database. */
const isFailedAnswer = (error: unknown): error is ResponseError =>
  isError(error) &&
  error.name === 'ResponseError' &&
  Number((error as { statusCode?: number }).statusCode) >= 500;

/**
 * Says in the portal's own words that its database or another plugin failed: theirs name hosts, statements and values.
 * Backstage's own services, such as the keys of auth, have tables in the same database; where they alone fail, the
 * answer names another plugin, since their errors look like those of any socket.
 */
export function failureHandler(logger: LoggerService): ErrorRequestHandler {
  return (error, { method, path }, _response, next) => {
    const what = `${method} ${path}`;
    const isAway = isDatabaseUnavailable(error);
    if (isFailedAnswer(error) || (isAway && !isOfStore(error))) {
      logger.warn(
        `Could not answer ${what}, because another plugin failed: ${error.message}`,
      );
      next(
        new ServiceUnavailableError(
          'Another plugin of the portal, which this answer needs, failed. AWS identities and the pods that use them are not affected; try again in a minute',
        ),
      );
    } else if (isAway) {
      logger.warn(
        `Could not answer ${what}, because the portal's database cannot be reached: ${error.message}`,
      );
      next(
        new ServiceUnavailableError(
          "The portal's database cannot be reached right now. AWS identities and the pods that use them are not affected; try again in a minute. If it lasts, the log of the portal's backend says what is wrong with the database",
        ),
      );
    } else if (isDatabaseError(error)) {
      logger.error(
        `The portal's database refused a statement of ${what}`,
        error,
      );
      next(
        new Error(
          "The portal's database refused what this request asked of it. AWS identities are not affected; the log of the portal's backend says why",
        ),
      );
    } else {
      next(error);
    }
  };
}
