import { CommandLine } from "../../ui/layout";

/** How a program gets a token, and calls with it. curl asks for the secret, so that it stands in no command line. */
export function TokenHelp({ id }: { id: string }) {
  const url = location.origin;
  return (
    <>
      <p>With its id and the secret a program gets a token, which is good for 24 hours. curl asks for the secret as a password:</p>
      <CommandLine>{`curl -u ${id} ${url}/oauth/token -d grant_type=client_credentials`}</CommandLine>
      <p>It calls with what it got:</p>
      <CommandLine>{`curl -H "Authorization: Bearer $TOKEN" ${url}/v1/files`}</CommandLine>
    </>
  );
}
