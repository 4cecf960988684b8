# syntax=docker/dockerfile:1
# Both images from one build:
#   docker build --target gateway --tag notifyhub-gateway:0.1.0 .
#   docker build --target silo --tag notifyhub-silo:0.1.0 .
# The runtime's tags follow the patches of .NET and Ubuntu. The SDK's is the one that wrote the lock files: they name packs that come with it.
# A build to be repeated to the byte names digests instead:
#   docker build --build-arg SDK=mcr.microsoft.com/dotnet/sdk@sha256:… --build-arg RUNTIME=… --build-arg CHISELED=…
ARG SDK=mcr.microsoft.com/dotnet/sdk:10.0.401-noble
ARG RUNTIME=mcr.microsoft.com/dotnet/aspnet:10.0-noble
ARG CHISELED=mcr.microsoft.com/dotnet/aspnet:10.0-noble-chiseled-extra

FROM ${SDK} AS build
ENV DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
WORKDIR /source

# All that restore reads and nothing else: packages are fetched again only when one of these has changed.
COPY global.json Directory.Build.props Directory.Packages.props ./
COPY grain-interfaces/NotifyHub.GrainInterfaces.csproj grain-interfaces/packages.lock.json grain-interfaces/
COPY hosting/NotifyHub.Hosting.csproj hosting/packages.lock.json hosting/
COPY grains/NotifyHub.Grains.csproj grains/packages.lock.json grains/
COPY telemetry/NotifyHub.Telemetry.csproj telemetry/packages.lock.json telemetry/
COPY console/NotifyHub.Console.csproj console/packages.lock.json console/
COPY gateway/NotifyHub.Gateway.csproj gateway/packages.lock.json gateway/
COPY silo/NotifyHub.Silo.csproj silo/packages.lock.json silo/
RUN dotnet restore gateway --locked-mode && dotnet restore silo --locked-mode

COPY .editorconfig ./
COPY docs/configuration.md docs/configuration.zh-TW.md docs/
COPY grain-interfaces grain-interfaces
COPY hosting hosting
COPY grains grains
COPY telemetry telemetry
COPY console console
COPY gateway gateway
COPY silo silo
# Most of what would be published is the native SQLite of other systems.
RUN for program in gateway silo; do \
      dotnet publish $program --configuration Release --no-restore --output /out/$program -p:UseAppHost=false && \
      find /out/$program/runtimes -mindepth 1 -maxdepth 1 ! -name linux-x64 ! -name linux-arm64 ! -name linux ! -name unix -exec rm -r {} + || exit 1; \
    done

# The gateway is where people look when something is wrong, and the guide's commands run in it: bash, ps, netstat and nc are in the image.
FROM ${RUNTIME} AS gateway
RUN apt-get update && \
    apt-get install --yes --no-install-recommends net-tools netcat-openbsd procps && \
    rm -rf /var/lib/apt/lists/* && \
    install --directory --owner app --group app /data /var/www/html/writable/logs
COPY --chmod=755 deploy/docker/notifyhub-gateway /usr/local/bin/
COPY --from=build /out/gateway /app
# The base image's own port would only be overridden, with a warning in the log.
ENV ASPNETCORE_HTTP_PORTS=
# Probes have their own port, so that a flood on 8080 cannot get the container killed.
ENV NotifyHub__HealthPort=8083
USER app
# The one-process mode keeps its data in ./data.
WORKDIR /
VOLUME ["/data"]
EXPOSE 8080 8081 3000 8083 9464
HEALTHCHECK --interval=15s --timeout=10s --start-period=60s --start-interval=2s --retries=3 \
  CMD ["dotnet", "/app/NotifyHub.Gateway.dll", "--health"]
ENTRYPOINT ["dotnet", "/app/NotifyHub.Gateway.dll"]

# The silo holds the database's password and needs no shell and no package manager: only the runtime and time zones.
FROM ${CHISELED} AS silo
COPY --from=build /out/silo /app
ENV ASPNETCORE_HTTP_PORTS=
USER app
WORKDIR /
EXPOSE 11111 30000 8082 9464
HEALTHCHECK --interval=15s --timeout=10s --start-period=60s --start-interval=2s --retries=3 \
  CMD ["dotnet", "/app/NotifyHub.Silo.dll", "--health"]
ENTRYPOINT ["dotnet", "/app/NotifyHub.Silo.dll"]
