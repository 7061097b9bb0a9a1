// The AWS SDK for Java v2: makes the calls that come in as JSON lines (see sdks.py).

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.lang.reflect.InvocationTargetException;
import java.math.BigDecimal;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentials;
import software.amazon.awssdk.auth.credentials.AwsSessionCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.SdkField;
import software.amazon.awssdk.core.SdkPojo;
import software.amazon.awssdk.core.document.Document;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.core.traits.ListTrait;
import software.amazon.awssdk.core.traits.MapTrait;
import software.amazon.awssdk.core.util.SdkAutoConstructList;
import software.amazon.awssdk.core.util.SdkAutoConstructMap;
import software.amazon.awssdk.protocols.jsoncore.JsonNode;
import software.amazon.awssdk.protocols.jsoncore.JsonWriter;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.qconnect.QConnectClient;
import software.amazon.awssdk.utils.builder.SdkBuilder;

public final class Driver {
    private static final String MODEL = "software.amazon.awssdk.services.qconnect.model.";

    public static void main(String[] arguments) throws Exception {
        var calls = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        var answers = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        for (String line = calls.readLine(); line != null; line = calls.readLine()) {
            JsonWriter json = JsonWriter.create();
            write(json, answer(JsonNode.parser().parse(line).asObject()));
            answers.println(new String(json.getBytes(), StandardCharsets.UTF_8));
        }
    }

    private static Map<String, Object> answer(Map<String, JsonNode> call) throws Exception {
        String operation = call.get("operation").text();
        Class<?> kind = Class.forName(MODEL + operation + "Request");
        SdkBuilder<?, ?> builder = (SdkBuilder<?, ?>) kind.getMethod("builder").invoke(null);
        Object request = filled((SdkPojo) builder, call.get("params"));
        String method = Character.toLowerCase(operation.charAt(0)) + operation.substring(1);
        try (QConnectClient client = client(call)) {
            List<Object> pages = new ArrayList<>();
            if (call.containsKey("paginate") && call.get("paginate").asBoolean()) {
                Object paginator = QConnectClient.class.getMethod(method + "Paginator", kind).invoke(client, request);
                for (Object page : (Iterable<?>) paginator) pages.add(page);
            } else {
                pages.add(QConnectClient.class.getMethod(method, kind).invoke(client, request));
            }
            return Map.of("pages", pages);
        } catch (InvocationTargetException error) {
            return refused(error.getCause());
        } catch (AwsServiceException | SdkClientException error) {
            return refused(error);
        }
    }

    private static QConnectClient client(Map<String, JsonNode> call) {
        Map<String, JsonNode> key = call.get("key").asObject();
        String id = key.get("id").text(), secret = key.get("secret").text();
        AwsCredentials credentials = key.containsKey("token")
            ? AwsSessionCredentials.create(id, secret, key.get("token").text())
            : AwsBasicCredentials.create(id, secret);
        return QConnectClient.builder()
            .endpointOverride(URI.create(call.get("endpoint").text()))
            .region(Region.of(call.get("region").text()))
            .credentialsProvider(StaticCredentialsProvider.create(credentials))
            .build();
    }

    private static Map<String, Object> refused(Throwable thrown) {
        if (!(thrown instanceof AwsServiceException error)) {
            return Map.of("error", Map.of("class", thrown.getClass().getSimpleName(), "message", "" + thrown));
        }
        Map<String, Object> told = new LinkedHashMap<>();
        told.put("code", error.awsErrorDetails().errorCode());
        told.put("message", error.awsErrorDetails().errorMessage());
        told.put("class", error.getClass().getSimpleName());
        told.put("status", error.statusCode());
        told.put("requestId", error.requestId());
        told.put("members", error);
        return Map.of("error", told);
    }

    /** Fills a builder from JSON, and builds. */
    private static Object filled(SdkPojo builder, JsonNode json) {
        for (SdkField<?> field : builder.sdkFields()) {
            json.field(field.locationName()).ifPresent(member -> field.set(builder, value(field, member)));
        }
        return ((SdkBuilder<?, ?>) builder).build();
    }

    private static Object value(SdkField<?> field, JsonNode json) {
        return switch (field.marshallingType().toString()) {
            case "Integer" -> Integer.valueOf(json.asNumber());
            case "Boolean" -> json.asBoolean();
            case "List" -> {
                SdkField<?> member = field.getTrait(ListTrait.class).memberFieldInfo();
                yield json.asArray().stream().map(each -> value(member, each)).toList();
            }
            case "Map" -> {
                SdkField<?> member = field.getTrait(MapTrait.class).valueFieldInfo();
                Map<String, Object> map = new TreeMap<>();
                json.asObject().forEach((name, each) -> map.put(name, value(member, each)));
                yield map;
            }
            case "SdkPojo" -> filled(field.constructor().get(), json);
            default -> json.text();
        };
    }

    /** Writes an output as the wire's JSON: times as seconds, a union's member that is not known as nothing. */
    private static void write(JsonWriter json, Object value) {
        if (value instanceof SdkPojo pojo) {
            json.writeStartObject();
            for (SdkField<?> field : pojo.sdkFields()) {
                Object member = field.getValueOrDefault(pojo);
                if (member == null || member instanceof SdkAutoConstructList || member instanceof SdkAutoConstructMap) {
                    continue;
                }
                json.writeFieldName(field.locationName());
                write(json, member);
            }
            json.writeEndObject();
        } else if (value instanceof Map<?, ?> map) {
            json.writeStartObject();
            map.forEach((name, member) -> {
                json.writeFieldName((String) name);
                write(json, member);
            });
            json.writeEndObject();
        } else if (value instanceof List<?> list) {
            json.writeStartArray();
            list.forEach(each -> write(json, each));
            json.writeEndArray();
        } else if (value instanceof Instant time) {
            json.writeNumber(BigDecimal.valueOf(time.toEpochMilli(), 3).toPlainString());
        } else if (value instanceof Document document) {
            write(json, document.isMap() ? document.asMap() : document.isList() ? document.asList() : scalar(document));
        } else if (value instanceof Boolean bool) {
            json.writeValue(bool);
        } else if (value instanceof Number number) {
            json.writeNumber(number.toString());
        } else if (value == null) {
            json.writeNull();
        } else {
            json.writeValue(value.toString());
        }
    }

    private static Object scalar(Document document) {
        return document.isNumber() ? new BigDecimal(document.asNumber().stringValue()) : document.unwrap();
    }
}
