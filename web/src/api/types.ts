import type { components } from "./schema";

type Schemas = components["schemas"];

export type Me = Schemas["Me"];
export type Session = Schemas["Session"];
export type StoredFile = Schemas["File"];
export type Node = Schemas["Node"];
export type Nodes = Schemas["Nodes"];
export type Dependency = Schemas["Dependency"];
