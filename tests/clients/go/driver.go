// The AWS SDK for Go v2: makes the calls that come in as JSON lines (see sdks.py).
//
// The module of the service is not to be had where these tests are run, so this stands in for it over the SDK's own
// parts, put together as its generated clients put them: URI encoding, middleware stack, signer, retryer, errors. What
// a success holds stays the JSON that came.
package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/aws/protocol/restjson"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/encoding/httpbinding"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

type document = map[string]any

type call struct {
	Operation, Endpoint, Region string
	Params                      document
	Paginate, Presign           bool
	Key                         struct{ ID, Secret, Token string }
	HTTP                        struct {
		Method, URI string
		Query       []string
	}
}

// Retrieve makes the call its own provider of credentials.
func (c *call) Retrieve(context.Context) (aws.Credentials, error) {
	return aws.Credentials{AccessKeyID: c.Key.ID, SecretAccessKey: c.Key.Secret, SessionToken: c.Key.Token}, nil
}

type refusal struct {
	smithy.GenericAPIError
	members document
}

func main() {
	lines := bufio.NewReader(os.Stdin)
	answers := json.NewEncoder(os.Stdout)
	for {
		line, err := lines.ReadBytes('\n')
		if err == io.EOF {
			return
		}
		var c call
		check(json.Unmarshal(line, &c))
		check(answers.Encode(c.answer()))
	}
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}

func (c *call) answer() document {
	var pages []any
	for {
		out, err := c.invoke()
		if err != nil {
			return document{"error": told(err)}
		}
		page := out.(document)
		if c.Presign {
			return page
		}
		pages = append(pages, page)
		token, more := page["nextToken"]
		if !c.Paginate || !more {
			return document{"pages": pages}
		}
		c.Params["nextToken"] = token
	}
}

func told(err error) document {
	var response *smithyhttp.ResponseError
	var api *refusal
	if !errors.As(err, &api) || !errors.As(err, &response) {
		return document{"class": fmt.Sprintf("%T", err), "message": err.Error()}
	}
	return document{
		"code":      api.Code,
		"message":   api.Message,
		"status":    response.HTTPStatusCode(),
		"requestId": response.Response.Header.Get("X-Amzn-Requestid"),
		"members":   api.members,
	}
}

func (c *call) invoke() (any, error) {
	stack := middleware.NewStack(c.Operation, smithyhttp.NewStackRequest)
	ctx := awsmiddleware.SetSigningName(context.Background(), "wisdom")
	ctx = awsmiddleware.SetSigningRegion(ctx, c.Region)
	signer := v4.NewSigner()
	credentials := aws.NewCredentialsCache(c)
	check(stack.Serialize.Add(middleware.SerializeMiddlewareFunc("OperationSerializer", c.serialize), middleware.After))
	check(smithyhttp.AddComputeContentLengthMiddleware(stack))
	check(awsmiddleware.AddRecordResponseTiming(stack))
	check(stack.Finalize.Add(&v4.ComputePayloadSHA256{}, middleware.After))
	if c.Presign {
		check(stack.Finalize.Add(v4.NewPresignHTTPRequestMiddleware(v4.PresignHTTPRequestMiddlewareOptions{
			CredentialsProvider: credentials, Presigner: signer,
		}), middleware.After))
	} else {
		check(stack.Finalize.Add(v4.NewSignHTTPRequestMiddleware(v4.SignHTTPRequestMiddlewareOptions{
			CredentialsProvider: credentials, Signer: signer,
		}), middleware.After))
		check(awsmiddleware.AddClientRequestIDMiddleware(stack))
		check(retry.AddRetryMiddlewares(stack, retry.AddRetryMiddlewaresOptions{Retryer: retry.NewStandard()}))
		check(stack.Finalize.Insert(&retry.MetricsHeader{}, (*retry.Attempt)(nil).ID(), middleware.After))
	}
	check(stack.Deserialize.Add(middleware.DeserializeMiddlewareFunc("OperationDeserializer", deserialize), middleware.After))
	client := smithyhttp.NewClientHandler(http.DefaultClient)
	out, _, err := middleware.DecorateHandler(client, stack).Handle(ctx, c.Params)
	if presigned, ok := out.(*v4.PresignedHTTPRequest); ok {
		return document{"url": presigned.URL}, err
	}
	return out, err
}

func (c *call) serialize(
	ctx context.Context, in middleware.SerializeInput, next middleware.SerializeHandler,
) (middleware.SerializeOutput, middleware.Metadata, error) {
	request := in.Request.(*smithyhttp.Request)
	endpoint, err := url.Parse(c.Endpoint)
	check(err)
	request.URL.Scheme, request.URL.Host, request.Method = endpoint.Scheme, endpoint.Host, c.HTTP.Method
	encoder, err := httpbinding.NewEncoder(c.HTTP.URI, "", request.Header)
	check(err)
	body := document{}
	for name, value := range c.Params {
		switch {
		case strings.Contains(c.HTTP.URI, "{"+name+"}"):
			check(encoder.SetURI(name).String(value.(string)))
		case !c.inQuery(name):
			body[name] = value
		default:
			many, ok := value.([]any)
			if !ok {
				many = []any{value}
			}
			for _, one := range many {
				encoder.AddQuery(name).String(fmt.Sprint(one))
			}
		}
	}
	if request.Request, err = encoder.Encode(request.Request); err != nil {
		return middleware.SerializeOutput{}, middleware.Metadata{}, err
	}
	if c.HTTP.Method == http.MethodPost || c.HTTP.Method == http.MethodPatch {
		content, err := json.Marshal(body)
		check(err)
		request.Header.Set("Content-Type", "application/json")
		if request, err = request.SetStream(bytes.NewReader(content)); err != nil {
			return middleware.SerializeOutput{}, middleware.Metadata{}, err
		}
	}
	in.Request = request
	return next.HandleSerialize(ctx, in)
}

func (c *call) inQuery(name string) bool {
	for _, each := range c.HTTP.Query {
		if each == name {
			return true
		}
	}
	return false
}

func deserialize(
	ctx context.Context, in middleware.DeserializeInput, next middleware.DeserializeHandler,
) (middleware.DeserializeOutput, middleware.Metadata, error) {
	out, metadata, err := next.HandleDeserialize(ctx, in)
	if err != nil {
		return out, metadata, err
	}
	response := out.RawResponse.(*smithyhttp.Response)
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	if err != nil {
		return out, metadata, err
	}
	members := document{}
	if len(content) > 0 {
		err = json.Unmarshal(content, &members)
	}
	if response.StatusCode >= http.StatusMultipleChoices {
		code := restjson.SanitizeErrorCode(response.Header.Get("X-Amzn-Errortype"))
		api, problem := restjson.GetSmithyGenericAPIError(json.NewDecoder(bytes.NewReader(content)), code)
		if problem != nil {
			return out, metadata, problem
		}
		delete(members, "message")
		err = &smithyhttp.ResponseError{Response: response, Err: &refusal{*api, members}}
	}
	out.Result = members
	return out, metadata, err
}
