import type { components } from "./schema";

type Schemas = components["schemas"];

export type Me = Schemas["Me"];
export type Session = Schemas["Session"];
export type SignInOptions = Schemas["SignInOptions"];
export type AuditEntry = Schemas["AuditEntries"]["data"][number];
export type Mail = Schemas["Mail"];
export type StoredFile = Schemas["File"];
export type Node = Schemas["Node"];
export type Nodes = Schemas["Nodes"];
export type Dependency = Schemas["Dependency"];
export type Deployment = Schemas["Deployment"];
export type DeploymentDetail = Schemas["DeploymentDetail"];
export type DeploymentStep = Schemas["DeploymentStep"];
export type DeploymentSample = Schemas["DeploymentSample"];
export type DeploymentWindow = Schemas["DeploymentWindow"];
export type DeploymentCheck = Schemas["DeploymentCheck"];
export type DeploymentRecord = Schemas["DeploymentRecord"];
export type Permission = Schemas["DeploymentPermission"];
export type Release = Schemas["Release"];
export type CurrentRelease = Schemas["CurrentRelease"];
export type ReleaseFigures = Schemas["ReleaseFigures"];
export type Fleet = Schemas["Fleet"];
export type FleetNode = Schemas["FleetNode"];
export type Drift = Schemas["Drift"];
export type Deviation = Schemas["Deviation"];
export type Freeze = Schemas["Freeze"];
