// The page: GraphiQL with Crossfade's name, two example tabs and a place for the token.
import { GraphiQL } from "graphiql";
import "graphiql/style.css";
import { createRoot } from "react-dom/client";
import room from "./examples/room.graphql";
import signIn from "./examples/sign-in.graphql";
import { gatewayFetcher } from "./fetcher.js";
import "./page.css";

const HEADERS = '{\n  "Authorization": "Bearer "\n}';
const ROOM_VARIABLES = '{\n  "id": "",\n  "content": "Hello from GraphiQL"\n}';
const TABS = [
  { query: signIn, headers: HEADERS },
  { query: room, headers: HEADERS, variables: ROOM_VARIABLES },
];

/** Local storage under a prefix of our own: tabs of another project's GraphiQL on this port stay out. */
const storage = {
  get length() {
    return localStorage.length;
  },
  clear: () => localStorage.clear(),
  getItem: (key) => localStorage.getItem(`crossfade:${key}`),
  setItem: (key, value) => localStorage.setItem(`crossfade:${key}`, value),
  removeItem: (key) => localStorage.removeItem(`crossfade:${key}`),
};

// WORKERS is written in by build.mjs: label of a Monaco worker -> address on this server.
globalThis.MonacoEnvironment = { getWorkerUrl: (_, label) => WORKERS[label] ?? WORKERS.editor };

createRoot(document.getElementById("root")).render(
  <GraphiQL
    fetcher={gatewayFetcher("/graphql")}
    defaultTabs={TABS}
    defaultHeaders={HEADERS}
    defaultEditorToolsVisibility="headers"
    shouldPersistHeaders
    inputValueDeprecation
    schemaDescription
    storage={storage}
  >
    <GraphiQL.Logo>Crossfade</GraphiQL.Logo>
  </GraphiQL>,
);
