import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { LogOut } from "lucide-react";
import { useState } from "react";
import { cache } from "../../api/cache";
import { asProblem } from "../../api/problem";
import { Button } from "../../ui/button";
import { Verdict } from "../../ui/layout";
import { toast } from "../../ui/toast";
import { Connected } from "../identities/connected";
import { ApiKeys } from "../keys/api_keys";
import { meQuery, signOut } from "../sessions/queries";
import { Appearance } from "./appearance";
import { SecondFactors } from "./factors";
import { Password } from "./password";
import { Profile } from "./profile";
import { Sessions } from "./sessions";
import styles from "./accounts.module.css";

export function AccountPage() {
  const { data: signed } = useQuery(meQuery);
  const navigate = useNavigate();
  const [leaving, setLeaving] = useState(false);
  if (!signed) return null;
  const left = async () => {
    await navigate({ to: "/sign-in" });
    cache.clear();
  };
  const leave = async () => {
    setLeaving(true);
    try {
      await signOut(false);
      await left();
    } catch (error) {
      toast(`You are still signed in. ${asProblem(error).message}`, "crit");
      setLeaving(false);
    }
  };
  const { me } = signed;
  return (
    <div className={styles.page}>
      <Verdict
        tone="ok"
        sentence={`You are signed in as ${me.email}.`}
        actions={
          <Button icon={<LogOut aria-hidden="true" />} onPress={() => void leave()} busy={leaving}>
            Sign out
          </Button>
        }
      >
        {roleSentence(me.org.role, me.org.name, me.platform_role)}
      </Verdict>
      <div className={styles.columns}>
        <div className={styles.column}>
          <Profile signed={signed} />
          <Connected me={me} />
          <Sessions onLeft={() => void left()} />
          <ApiKeys />
        </div>
        <div className={styles.column}>
          <Password email={me.email} />
          <SecondFactors me={me} />
          <Appearance />
        </div>
      </div>
    </div>
  );
}

function roleSentence(org: string, name: string, platform: string | null | undefined): string {
  const inside = `In the organization ${name} your role is ${org}.`;
  return platform ? `${inside} On the platform it is ${platform}.` : `${inside} You have no role on the platform.`;
}
