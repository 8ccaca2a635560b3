// Sends what the editor holds to the gateway: subscriptions over graphql-transport-ws, all else by POST.
import { getOperationAST, parse } from "graphql";
import { createClient } from "graphql-ws";

const KEPT_EVENTS = 20;

/** The operation that will run, or nothing where the text is wrong: the gateway then says what is. */
function operationOf({ query, operationName }) {
  try {
    return getOperationAST(parse(query), operationName);
  } catch {
    return undefined;
  }
}

/** A random UUID; `crypto.randomUUID` is missing on pages that came by plain HTTP from another machine. */
function uuid() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

/** The variables, with a fresh `$clientKey` where the operation asks for one and the editor has none. */
function withClientKey(operation, variables) {
  const isAsked = operation?.variableDefinitions?.some(({ variable }) => variable.name.value === "clientKey");
  return isAsked ? { clientKey: uuid(), ...variables } : variables;
}

/** The headers of the editor without a bearer token that has not been pasted yet. */
function withoutEmptyToken(headers) {
  return Object.fromEntries(Object.entries(headers).filter(([, value]) => String(value).trim() !== "Bearer"));
}

/** An error as GraphiQL shows it; of an `Error` it would print the stack as well. */
const problem = (message) => ({ message });

async function post(url, params, headers) {
  const response = await fetch(url, {
    method: "POST",
    headers: {
      accept: "application/graphql-response+json, application/json;q=0.9",
      "content-type": "application/json",
      ...headers,
    },
    body: JSON.stringify(params),
  }).catch((error) => Promise.reject(problem(`The gateway does not answer: ${error.message}`)));
  const text = await response.text();
  try {
    return JSON.parse(text);
  } catch {
    throw problem(`HTTP ${response.status} ${response.statusText}: ${text.slice(0, 500)}`);
  }
}

/** What went wrong with a subscription, in words; errors of GraphQL come as a list and stay. */
function subscriptionProblem(error) {
  if (error instanceof CloseEvent) {
    return problem(`The socket was closed: ${error.code} ${error.reason || "(no reason given)"}`);
  }
  return error instanceof Event ? problem("The gateway does not answer.") : error;
}

/** Events of one subscription, newest first: GraphiQL shows one result at a time, and the next would hide it. */
function subscribe(url, params, headers) {
  const entry = Object.entries(headers).find(([name]) => name.toLowerCase() === "authorization");
  return {
    subscribe(observer) {
      const client = createClient({
        url,
        connectionParams: entry ? { authorization: entry[1] } : {},
        retryAttempts: 0,
      });
      const seen = [];
      const stop = client.subscribe(params, {
        next(result) {
          observer.next(seen.length ? { ...result, earlier: [...seen] } : result);
          seen.unshift(result.data ?? result.errors);
          seen.length = Math.min(seen.length, KEPT_EVENTS);
        },
        error: (error) => observer.error(subscriptionProblem(error)),
        complete: () => observer.complete(),
      });
      return { unsubscribe: stop };
    },
  };
}

/** A GraphiQL fetcher for the gateway at this address. */
export function gatewayFetcher(address) {
  const url = new URL(address, location.href);
  const socketUrl = url.href.replace(/^http/, "ws");
  return ({ query, operationName, variables }, options = {}) => {
    const operation = operationOf({ query, operationName });
    const params = { query, operationName: operationName ?? undefined, variables: withClientKey(operation, variables) };
    // The schema is the same for everybody; a token that has run out must not hide it.
    const isIntrospection = operationName === "IntrospectionQuery";
    const headers = isIntrospection ? {} : withoutEmptyToken(options.headers ?? {});
    return operation?.operation === "subscription"
      ? subscribe(socketUrl, params, headers)
      : post(url, params, headers);
  };
}
