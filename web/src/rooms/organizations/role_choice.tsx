import type { Role } from "../../api/types";
import { Choice } from "../../ui/choice";
import { nameOf } from "./rules";

export function RoleChoice({ options, ...rest }: { label: string; hidden?: boolean; value: Role; options: readonly Role[]; disabled?: boolean; onChange: (role: Role) => void }) {
  return <Choice {...rest} options={options.map((role) => [role, nameOf(role)])} />;
}
